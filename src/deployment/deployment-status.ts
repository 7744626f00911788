/** SQL: the status of a deployment from the `status` of its items, and when it was cancelled. */
export function deploymentStatus(cancelledAt: string): string {
  return `case when bool_or(status = 'NOT_SENT') and ${cancelledAt} is not null then 'CANCELLED'
      when bool_and(status in ('SUCCESS', 'UNCHANGED')) then 'SUCCESS'
      when bool_or(status in ('SUCCESS', 'PARTIAL')) then 'PARTIAL' else 'FAILED' end`;
}
