import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const layer = (name: string): string => new URL(`../../src/${name}/index.ts`, import.meta.url).pathname

/** `npm run dev -w apps/studio` shows the Studio of the sources against the server at `SLUICE_URL`. */
export default defineConfig(({ command }) => {
  // A build is for users, whoever asks for it: a test runner's NODE_ENV would bring React's development build.
  if (command === 'build') process.env['NODE_ENV'] = 'production'
  return {
    plugins: [react(), tailwindcss()],
    resolve: {
      alias: {
        'sluice/client': layer('client'),
        'sluice/player': layer('player'),
        'sluice/elements': layer('elements'),
      },
    },
    build: {
      // The oldest browsers with light-dark(), which the colours are written in; everything else here is older.
      target: ['chrome123', 'edge123', 'firefox120', 'safari17.5'],
      // A font or picture inside the style sheet would need `data:` in the Content-Security-Policy.
      assetsInlineLimit: 0,
      chunkSizeWarningLimit: 700,
    },
    server: {
      fs: { allow: ['../..'] },
      proxy: { '/v1': { target: process.env['SLUICE_URL'] ?? 'http://127.0.0.1:4173', changeOrigin: true } },
    },
  }
})
