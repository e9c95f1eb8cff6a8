import { asArray, asBytes, asUint, type CborValue } from '../../encoding.ts'
import { ProtocolError } from '../../errors.ts'
import { mostHeaderBytes } from './evm-header.ts'
import type { EvmEvidence, EvmProof } from './verify-evm.ts'

// A key has 64 nibbles, and each node stands for one of them at least.
const mostNodes = 65
const mostNodeBytes = 262_144
const mostLater = 1_024

/** Spec: specs/evm.md#format. */
export function evmEvidenceToCbor({ chainId, header, proof }: EvmEvidence): CborValue[] {
  return [proof.type, chainId, header, ...proofToCbor(proof)]
}

function proofToCbor(proof: EvmProof): CborValue[] {
  if (proof.type === 'receipt') return [proof.index, proof.nodes]
  return [proof.accountNodes, proof.sender, proof.tip, proof.later, proof.tipNodes, proof.lengthNodes]
}

/** Throws `encoding/unexpected-type`. */
export function evmEvidenceFromCbor([type, ...parts]: readonly CborValue[]): EvmEvidence {
  const [chainId, header, ...proof] = parts
  return {
    type: 'evm',
    chainId: asUint(chainId),
    header: asBytes(header, { most: mostHeaderBytes }),
    proof: proofFromCbor(type, proof),
  }
}

function proofFromCbor(type: CborValue | undefined, parts: readonly CborValue[]): EvmProof {
  if (type === 'receipt') {
    const [index, nodes] = asArray(parts, 2)
    return { type, index: asUint(index, 2 ** 31), nodes: nodesFromCbor(nodes) }
  }
  if (type !== 'storage') throw new ProtocolError('encoding/unexpected-type', 'a kind of evidence expected')
  const [accountNodes, sender, tip, later, tipNodes, lengthNodes] = asArray(parts, 6)
  return {
    type,
    accountNodes: nodesFromCbor(accountNodes),
    sender: asBytes(sender, 20),
    tip: asBytes(tip, 32),
    later: asArray(later, { most: mostLater }).map((message) => asBytes(message, 32)),
    tipNodes: nodesFromCbor(tipNodes),
    lengthNodes: nodesFromCbor(lengthNodes),
  }
}

function nodesFromCbor(value: CborValue | undefined): Uint8Array[] {
  return asArray(value, { most: mostNodes }).map((node) => asBytes(node, { most: mostNodeBytes }))
}
