import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** Where `npm run dev` finds the control plane. */
const CONTROL_PLANE = process.env.BEDSIDE_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  // "source": the SDK of this workspace is used as TypeScript, so that nothing has to be built first.
  resolve: { conditions: ["source", "browser", "module", "import", "default"] },
  server: { proxy: { "/api": CONTROL_PLANE } },
  build: {
    // The Content-Security-Policy has no `data:`: assets stay files.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
  },
  test: {
    environment: "jsdom",
    include: ["tests/**/*.test.{ts,tsx}"],
    setupFiles: ["tests/setup.ts"],
    // Rendering a page of MUI under axe takes seconds on a loaded two-core machine.
    testTimeout: 30_000,
  },
});
