// Ahead of a test program's own JavaScript: emscripten 3.1.6 would fetch() its wasm file, which node
// cannot do for a path. Without fetch it reads the file.
globalThis.fetch = undefined;
