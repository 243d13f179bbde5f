// Runs before the first paint, so that a chosen theme never flashes in the other one. A file of its own because the
// Content-Security-Policy allows no inline script.
try {
  const theme = localStorage.getItem('sluice-theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {
  // Storage is off: the system's theme it is.
}
