import { defineConfig } from "vite";

/** Built to `demo/dist/bare.html` and `demo/dist/bare.js`: two files with fixed names, for scripts that serve them. */
export default defineConfig({
  base: "./",
  resolve: { conditions: ["source", "browser", "module", "import", "default"] },
  build: {
    modulePreload: false,
    rollupOptions: { input: "bare.html", output: { entryFileNames: "bare.js" } },
  },
});
