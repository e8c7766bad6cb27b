export const workloadNames = ['reads', 'scan'] as const
/** What `burrow profile` does to a database: random reads, or scans from end to end. */
export type WorkloadName = (typeof workloadNames)[number]
