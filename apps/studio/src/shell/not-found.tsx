import { Link } from '@tanstack/react-router'
import { useTitle } from './use-title.ts'

export function NotFound() {
  useTitle('Nothing here')
  return (
    <div className="max-w-prose">
      <h1 className="text-2xl">Nothing is at this address</h1>
      <p className="mt-2 text-muted">
        Go to{' '}
        <Link to="/" className="text-accent underline underline-offset-4">
          Compose
        </Link>{' '}
        to make something, or to the{' '}
        <Link to="/library" className="text-accent underline underline-offset-4">
          Library
        </Link>{' '}
        to find what was made.
      </p>
    </div>
  )
}
