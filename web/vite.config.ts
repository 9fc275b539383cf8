import { defineConfig } from "vite";

// One script and one style sheet, no inline code: the registry's content security policy allows nothing else.
export default defineConfig({
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false }, cssCodeSplit: false },
  server: { proxy: { "/api": "http://127.0.0.1:8080" } },
});
