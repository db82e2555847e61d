// The app calls the gateway at its own origin, as it does behind one reverse proxy: no other origin is involved, and the session's
// cookie works.

import { defineConfig } from "vite";

const gateway = process.env.GATEWAY ?? "http://localhost:8000";
const toGateway = { target: gateway, changeOrigin: true, headers: { origin: gateway } };
const proxy = { "/graphql": { ...toGateway, ws: true }, "/files": toGateway, "/portal": toGateway };

export default defineConfig({
  server: { port: 5173, proxy },
  preview: { port: 5173, proxy },
  resolve: { dedupe: ["react", "react-dom"] }, // the client package is a link, with packages of its own
});
