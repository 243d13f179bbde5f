/**
 * `step_hint` by lane: the backlog of a lane that takes no more costs nothing to skip, and neither does another lane's in
 * the search for what comes next.
 */
export const lanes = `
drop index sluice.step_hint;
create index step_hint on sluice.step (lane, hint_at) where hint_at is not null;
`
