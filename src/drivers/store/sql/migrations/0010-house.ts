/**
 * Who is at work. `process` is what each process says of itself, `lease` who alone does something for the whole house. Both are
 * only of the moment: unlogged, so that speaking costs no flush of the write-ahead log, and emptied by a crash of the server.
 */
export const house = `
create unlogged table sluice.process (
  id text collate "C" primary key,
  host text not null,
  pid integer not null,
  version text not null,
  api boolean not null,
  scheduling text not null,
  slots json not null,
  running json not null,
  started_at timestamptz not null,
  seen_at timestamptz not null
);

create unlogged table sluice.lease (
  name text primary key,
  holder text not null,
  until timestamptz not null
);
`
