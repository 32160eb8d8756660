import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const DIST = join(import.meta.dirname, 'dist')
const COMPRESSIBLE = /\.(?:js|css|html|svg|json)$/
/** Smaller files cost more in headers than they save. */
const WORTH_BYTES = 1_024

/** Each text file beside itself as .br and .gz, so that serving it costs nothing. */
const precompressed = (): Plugin => ({
  name: 'precompressed',
  apply: 'build',
  closeBundle: async () => {
    const files = await readdir(DIST, { recursive: true })
    await Promise.all(
      files
        .filter(file => COMPRESSIBLE.test(file))
        .map(async file => {
          const text = await readFile(join(DIST, file))
          if (text.length < WORTH_BYTES) return
          const [gz, br] = await Promise.all([
            promisify(gzip)(text, { level: 9 }),
            promisify(brotliCompress)(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 10 } }),
          ])
          await Promise.all([writeFile(join(DIST, `${file}.gz`), gz), writeFile(join(DIST, `${file}.br`), br)])
        }),
    )
  },
})

/** `vite build` into dist; `vite` serves the sources beside an API at ACCORD_URL. */
export default defineConfig({
  root: import.meta.dirname,
  publicDir: 'static',
  plugins: [react(), precompressed()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    // the charts, which come only where one is drawn
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { '/v1': process.env['ACCORD_URL'] ?? 'http://127.0.0.1:8080' } },
})
