import { auditLog } from 'assay'

/** Who changed what: written by triggers alone, read by auditors; one person's values can be erased. */
export const audit = auditLog('audit_log', { readers: 'auditor', eraser: 'privacy' })
