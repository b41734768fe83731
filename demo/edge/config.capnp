# For `workerd serve`: the worker as `npm run build` puts it together, with the module and the weights as the files that they are.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "fetal-ecg", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:8787", http = (), service = "fetal-ecg")],
);

const worker :Workerd.Worker = (
  compatibilityDate = "2026-11-01",
  modules = [
    (name = "worker.js", esModule = embed "dist/worker.js"),
    (name = "fecg.wasm", wasm = embed "dist/fecg.wasm"),
    (name = "fhnet.safetensors", data = embed "dist/fhnet.safetensors"),
  ],
);
