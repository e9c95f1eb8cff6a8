/** Whether an error says that the file is not what was written, rather than that it cannot be written. */
export function isDamage(error: unknown): boolean {
  const code = (error as { code?: string } | null)?.code ?? ''
  return code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_NOTADB')
}
