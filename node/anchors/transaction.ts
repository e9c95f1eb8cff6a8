import { createHash } from 'node:crypto'

const sha256 = (data: Uint8Array): Buffer => createHash('sha256').update(data).digest()

/** SHA-256 twice, as Bitcoin names transactions and blocks. */
export const doubleSha256 = (data: Uint8Array): Buffer => sha256(sha256(data))

/** Hashes are written the other way round than they are hashed. */
const reversed = (hex: string): Buffer => Buffer.from(hex, 'hex').reverse()

/** What a transaction is named by: the same without its witnesses (BIP 141 and 144). Throws `RangeError` if it is none. */
export function withoutWitnesses(transaction: Buffer): Buffer {
  // The marker stands where the number of inputs would, which is never 0.
  if (transaction[4] !== 0) return transaction
  const begin = 6
  let at = begin
  const number = (): number => {
    const first = transaction.readUInt8(at)
    at += 1
    if (first < 0xfd) return first
    if (first > 0xfd) throw new RangeError('more than any transaction of ours has')
    at += 2
    return transaction.readUInt16LE(at - 2)
  }
  const skip = (bytes: number): void => {
    at += bytes
  }
  for (let inputs = number(); inputs > 0; inputs--) {
    at += 36
    skip(number() + 4)
  }
  for (let outputs = number(); outputs > 0; outputs--) {
    at += 8
    skip(number())
  }
  return Buffer.concat([transaction.subarray(0, 4), transaction.subarray(begin, at), transaction.subarray(-4)])
}

/** The way from a transaction to the Merkle root of its block: the other hash at each level, and whether it stands to the left. */
export function merklePath(
  transactions: readonly string[],
  index: number,
): { readonly other: Buffer; readonly left: boolean }[] {
  const path: { other: Buffer; left: boolean }[] = []
  let row = transactions.map(reversed)
  for (let at = index; row.length > 1; at >>= 1) {
    // Bitcoin lets the last one of an odd row stand beside itself.
    if (row.length % 2 === 1) row.push(row.at(-1)!)
    path.push({ other: row[at ^ 1]!, left: at % 2 === 1 })
    row = Array.from({ length: row.length / 2 }, (_, i) => doubleSha256(Buffer.concat([row[2 * i]!, row[2 * i + 1]!])))
  }
  return path
}
