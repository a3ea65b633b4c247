import { defineConfig } from "vitest/config";

export default defineConfig({
  build: {
    outDir: "dist",
    assetsDir: "assets",
    // The content security policy allows no data: scripts or styles; small files stay files.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
  },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}"],
  },
});
