interface Column {
  name: string
  /** Figures stand at the right. */
  figures?: boolean
}

/** The head of a table of this room. */
export function HeadRow({ columns }: { columns: Column[] }) {
  return (
    <thead>
      <tr className="border-b border-line align-baseline">
        {columns.map(({ name, figures }) => (
          <th key={name} scope="col" className={`eyebrow py-2 not-last:pr-4 ${figures ? 'text-right' : ''}`}>
            {name}
          </th>
        ))}
      </tr>
    </thead>
  )
}
