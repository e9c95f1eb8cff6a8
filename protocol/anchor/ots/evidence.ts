import { asArray, asBytes, asText, asUint, type CborValue } from '../../encoding.ts'
import { ProtocolError } from '../../errors.ts'
import { headerBytes } from '../blocks/block-header.ts'
import { type HeaderRun, mostHeaders } from '../blocks/header-run.ts'
import { decodeOts, encodeOts, mostOtsBytes } from './timestamp.ts'
import type { OtsEvidence } from './verify-ots.ts'

const mostRuns = 4

/** Spec: specs/anchor.md#proof. */
export function otsEvidenceToCbor({ file, runs }: OtsEvidence): CborValue[] {
  return ['ots', encodeOts(file), runs.map(({ chain, height, bytes }) => [chain, height, bytes])]
}

/** Throws `encoding/unexpected-type` or `anchor/ots`. */
export function otsEvidenceFromCbor([, ...parts]: readonly CborValue[]): OtsEvidence {
  const [file, runs] = asArray(parts, 2)
  return {
    type: 'ots',
    file: decodeOts(asBytes(file, { most: mostOtsBytes })),
    runs: asArray(runs, { most: mostRuns }).map(runFromCbor),
  }
}

function runFromCbor(value: CborValue): HeaderRun {
  const [chain, height, bytes] = asArray(value, 3)
  const name = asText(chain, 8)
  if (name !== 'bitcoin' && name !== 'litecoin') throw new ProtocolError('encoding/unexpected-type', 'a chain expected')
  return { chain: name, height: asUint(height, 2 ** 31), bytes: asBytes(bytes, { most: mostHeaders * headerBytes }) }
}
