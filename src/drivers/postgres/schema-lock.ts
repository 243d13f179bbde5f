/** SQL of the advisory lock key under which anything of the schema `sluice` is made or changed. */
export const SCHEMA_LOCK = "hashtextextended('sluice.migrate', 0)"
