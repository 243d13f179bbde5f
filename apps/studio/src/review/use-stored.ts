import { useState } from 'react'

/** A text this browser remembers. Where storage is off it holds until the page is left. */
export function useStored(key: string, initial: string): [string, (value: string) => void] {
  const [value, setValue] = useState(() => {
    try {
      return localStorage.getItem(key) ?? initial
    } catch {
      return initial
    }
  })
  function store(next: string): void {
    setValue(next)
    try {
      localStorage.setItem(key, next)
    } catch {
      // Not remembered, then.
    }
  }
  return [value, store]
}
