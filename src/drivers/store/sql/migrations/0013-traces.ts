/** Where a job's trace goes on, in whatever process takes up its next step. Null where it was not traced. */
export const traces = `
alter table sluice.job add column trace json;
`
