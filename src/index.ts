/** What users import from 'assay'. */
export {}
