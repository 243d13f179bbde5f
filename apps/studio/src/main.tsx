import './styles.css'
import 'sluice/elements'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { ClientContext } from './client.ts'
import type {} from './elements.ts'
import { createStudio } from './studio.tsx'

const { client, queries, router } = createStudio()
const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root')

createRoot(root).render(
  <StrictMode>
    <ClientContext value={client}>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </ClientContext>
  </StrictMode>,
)
