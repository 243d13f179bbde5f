import { useParams } from '@tanstack/react-router'
import { JobRoom } from './job-room.tsx'

/** A room for each job: another id is another room, so nothing of the last one is carried over. */
export function JobRoute() {
  const { id } = useParams({ from: '/jobs/$id' })
  return <JobRoom key={id} id={id} />
}
