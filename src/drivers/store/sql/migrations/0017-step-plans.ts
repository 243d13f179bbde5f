/** Without the id of the step, the index of a job's steps cannot be taken for one of steps. */
export const stepPlans = `
drop index sluice.step_of_job;
create index step_of_job on sluice.step (job_id);
`
