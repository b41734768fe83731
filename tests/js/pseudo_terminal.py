"""A pseudo-terminal under the name argv[1], and this process on its far side: what comes on standard input goes in, what is
written to it goes to standard output. The end of the input pulls the plug."""
import os
import select
import sys
import tty

far, near = os.openpty()
tty.setraw(near)
link = sys.argv[1]
os.symlink(os.ttyname(near), link + ".new")
os.replace(link + ".new", link)
os.write(1, b"\n")
while True:
    ready, _, _ = select.select([0, far], [], [])
    if 0 in ready:
        data = os.read(0, 65536)
        if not data:
            break
        while data:
            data = data[os.write(far, data):]
    if far in ready:
        os.write(1, os.read(far, 65536))
os.unlink(link)
