/** Offer bytes as a download under a name that every file system takes. */
export function saveFile(name: string, bytes: Uint8Array): void {
  const address = URL.createObjectURL(
    new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'application/octet-stream' }),
  )
  const link = document.createElement('a')
  link.href = address
  link.download = name.replace(/[\p{C}/\\:*?"<>|]/gu, '-')
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}
