export type CodecErrorCode =
  | 'CODEC_NOT_FRAMED' // does not begin with a zero byte and a schema id
  | 'CODEC_UNKNOWN_SCHEMA_ID' // neither ours nor (as far as fetched) the registry's
  | 'CODEC_UNKNOWN_TYPE' // a schema of something that is no event of ours
  | 'CODEC_INCOMPATIBLE_SCHEMA' // written with a schema that the current one cannot read
  | 'CODEC_TRUNCATED' // ends before the record does, or a length in it is impossible
  | 'CODEC_GARBAGE' // bytes that no event has at that place
  | 'CODEC_TRAILING_BYTES' // goes on after the record
  | 'CODEC_INVALID_EVENT' // encode: a value that the schema has no place for

/** Never retriable: the same bytes fail again. `schemaId` and `path` (the field) where they are known; the message has no value of a field. */
export class CodecError extends Error {
  readonly code: CodecErrorCode
  readonly retriable = false
  readonly schemaId: number | null
  readonly path: string | null
  private readonly detail: string
  constructor(
    code: CodecErrorCode,
    message: string,
    options: { readonly schemaId?: number | null; readonly path?: string; readonly cause?: unknown } = {},
  ) {
    super(options.path === undefined ? message : `${options.path}: ${message}`, { cause: options.cause })
    this.name = 'CodecError'
    this.code = code
    this.detail = message
    this.schemaId = options.schemaId ?? null
    this.path = options.path ?? null
  }

  /** The same error, as seen from outside the field. */
  within(field: string): CodecError {
    const path = this.path === null ? field : `${field}.${this.path}`
    return new CodecError(this.code, this.detail, { schemaId: this.schemaId, path, cause: this.cause })
  }

  withSchema(schemaId: number): CodecError {
    return new CodecError(this.code, this.detail, { schemaId, ...(this.path === null ? {} : { path: this.path }), cause: this.cause })
  }
}
