/** What the parts of adoption hand to one another; project/adopt-project.ts puts them together. */

/** A file of the adopted project. */
export interface AdoptedFile {
  /** From the project's own directory, with `/`. */
  readonly path: string
  readonly text: string
}
