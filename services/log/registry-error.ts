export type RegistryErrorCode =
  | 'REGISTRY_UNAVAILABLE' // no answer after its own retries: wait and try again
  | 'REGISTRY_FORBIDDEN' // credentials or permissions: somebody must act
  | 'REGISTRY_REFUSED' // an incompatible schema, or an answer that is none
  | 'REGISTRY_CONFLICT' // an id that already means something else in the log

export class RegistryError extends Error {
  readonly code: RegistryErrorCode
  readonly retriable: boolean
  constructor(code: RegistryErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options)
    this.name = 'RegistryError'
    this.code = code
    this.retriable = code === 'REGISTRY_UNAVAILABLE'
  }
}
