// file.d.ts — what a bundler or an edge runtime makes of `import file from 'fetal-ecg/fecg.wasm'`, and of weights likewise: a URL, bytes
// or a WebAssembly.Module, as it is set up. load() and model() take each.
declare const file: any
export default file
