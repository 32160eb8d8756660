/** Long work in steps: whoever runs it may let others have their turn between two of them. */
export type Steps<T> = Generator<undefined, T>

/** All steps at once. */
export const atOnce = <T>(steps: Steps<T>): T => {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}
