// The words of the command line: options, usage texts, and what is said when they are wrong.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { COMMANDS, help, hint, parse, usage, UsageError } from '../../js/cli/args.js'

const wrong = (command, args, ...patterns) => assert.throws(() => parse(command, args), error => {
  assert.ok(error instanceof UsageError, String(error))
  for (const p of patterns) assert.match(error.message, p)
  return true
})

test('options are read with a blank or an equals sign, files anywhere', () => {
  assert.deepEqual(parse('extract', ['a.edf', '--leads', 'A, 2', '--fs=500', 'b.edf', '--unit', 'mv', '--quiet']),
    { files: ['a.edf', 'b.edf'], options: { method: 'fhnet', leads: ['A', '2'], fs: 500, unit: 'mV', quiet: true } })
})

test('a negative number is a value, not an option', () => {
  assert.equal(parse('simulate', ['o.edf', '--snr', '-6']).options.snr, -6)
})

test('after -- everything is a file', () => {
  assert.deepEqual(parse('info', ['--', '--odd.edf']).files, ['--odd.edf'])
  wrong('extract', ['-d.edf'], /no option -d\.edf/, /begins with - goes after --$/)
  assert.match(help('extract'), /^  -- .*begin with -$/m)
  assert.match(help('simulate'), /brady and tachy .*--fhr/)
})

test('defaults of simulate are those of the issue', () => {
  const { seed, seconds, fs, leads, snr, fhr, mhr, scenario } = parse('simulate', ['o.edf']).options
  assert.deepEqual({ seed, seconds, fs, leads, snr, fhr, mhr, scenario }, { seed: 1, seconds: 60, fs: 500, leads: 4, snr: 6, fhr: 140, mhr: 80, scenario: 'normal' })
})

test('the method is fhnet unless another is asked for, and weights may be named', () => {
  for (const command of ['extract', 'eval']) assert.deepEqual(parse(command, ['x']).options, { method: 'fhnet' })
  assert.deepEqual(parse('eval', ['x', '--method', 'Network', '--model', 'w']).options, { method: 'network', model: 'w' })
  assert.equal(parse('info', ['x']).options.method, undefined)
})

test('wrong values name the option and what was expected', () => {
  wrong('extract', ['a', '--fs', 'abc'], /--fs/, /expected a rate/, /abc/)
  wrong('extract', ['a', '--fs', '-1'], /--fs/)
  wrong('extract', ['a', '--fs', ''], /--fs/)
  wrong('extract', ['a', '--unit', 'kV'], /--unit/, /uV, mV or V/)
  wrong('extract', ['a', '--mains', '55'], /--mains/, /50, 60 or auto/)
  wrong('extract', ['a', '--leads', 'A,,B'], /--leads/)
  wrong('extract', ['a', '--signals', 'x.txt'], /--signals/, /\.edf or \.csv/)
  wrong('extract', ['a', '--figure', 'x.png'], /--figure/, /\.svg/)
  wrong('extract', ['a', '--method', 'clasical'], /--method/, /did you mean classical/)
  wrong('extract', ['a', '--model', ''], /--model/)
  wrong('simulate', ['o.edf', '--leads', '33'], /--leads/, /1 to 32/)
  wrong('simulate', ['o.edf', '--fm-ratio', '50'], /--fm-ratio/, /-80 to 40/)
  wrong('simulate', ['o.edf', '--snr', '-61'], /--snr/, /-60 to 100/)
  wrong('simulate', ['o.edf', '--seconds', '2678401'], /--seconds/, /2678400/)
  assert.equal(parse('simulate', ['o.edf', '--snr', '100', '--fm-ratio', '-80', '--seconds', '2678400']).options.snr, 100)
  wrong('simulate', ['o.edf', '--seed', '1.5'], /--seed/)
  wrong('simulate', ['o.edf', '--scenario', 'norml'], /did you mean normal/)
})

test('missing values, unknown options and counts of files are told', () => {
  wrong('extract', ['a', '--json'], /--json needs a value/)
  wrong('extract', ['a', '--json', '--quiet'], /--json needs a value/)
  wrong('extract', ['a', '--figur', 'x'], /no option --figur.*did you mean --figure/)
  wrong('extract', ['a', '--zzzzzzzzzz'], /no option --zzzzzzzzzz; extract has --leads/)
  wrong('extract', ['a', '--quiet=1'], /--quiet takes no value/)
  wrong('extract', [], /expected FILE/)
  wrong('eval', ['a', 'b'], /expected one DIR, got 2/)
  wrong('extract', ['a', 'b', '--figure', 'x.svg'], /--figure takes one input file/)
  wrong('extract', ['a', 'b', '--signals', 'x.edf'], /--signals takes one input file/)
})

test('--help is heard before anything is checked', () => {
  assert.equal(parse('extract', ['--help']).options.help, true)
  assert.equal(parse('extract', ['--fs', '500', '-h']).options.help, true)
})

test('usage texts name every command, option and default', () => {
  for (const [name, { options }] of Object.entries(COMMANDS)) {
    assert.match(usage('1.2.3'), new RegExp(`fecg ${name} `))
    for (const [option, o] of Object.entries(options)) {
      assert.ok(help(name).includes(option), option)
      if (o.default !== undefined) assert.ok(help(name).includes(`(default ${o.default})`), option)
    }
  }
})

test('a hint is given for a near word only', () => {
  assert.match(hint('extrat', ['extract', 'info']), /extract/)
  assert.equal(hint('classify', ['extract', 'info']), '')
})
