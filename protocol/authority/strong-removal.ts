/** What decides whether an operation stands, among others that were permitted where they were written. */
export interface Claim {
  /** Whether it takes rights away. */
  readonly isRemoval: boolean
  /** Removals of its author that it knows nothing of, and that are stronger than it. */
  readonly attackers: readonly number[]
  /** Operations that gave its author the right to it: one of them has to stand. Empty: they had it from the start. */
  readonly supports: readonly number[]
}

/**
 * Which of these operations stand, where those that have `fallen` already do not.
 *
 * One falls if a removal that stands attacks it, or if nothing is left that supports it; it stands once all who attack it have fallen and
 * something that supports it stands. Removals that only hang on each other, in a ring, all stand. Spec: specs/authority.md#what-stands.
 */
export function whatStands(claims: ReadonlyMap<number, Claim>, fallen: Iterable<number> = []): Set<number> {
  const stands = new Map<number, boolean>([...fallen].map((number) => [number, false]))
  let open = [...claims].filter(([number]) => !stands.has(number))
  while (open.length > 0) {
    const before = open.length
    open = open.filter(([number, claim]) => {
      const decided = decide(claim, stands)
      if (decided !== null) stands.set(number, decided)
      return decided === null
    })
    if (open.length === before) for (const number of ringOf(open, stands)) stands.set(number, true)
    open = open.filter(([number]) => !stands.has(number))
  }
  return new Set([...stands].flatMap(([number, isStanding]) => (isStanding ? [number] : [])))
}

/** Null as long as it hangs on what is not decided. */
function decide({ attackers, supports }: Claim, stands: ReadonlyMap<number, boolean>): boolean | null {
  if (attackers.some((each) => stands.get(each) === true)) return false
  if (supports.length > 0 && supports.every((each) => stands.get(each) === false)) return false
  const isFree = attackers.every((each) => stands.get(each) === false)
  const isSupported = supports.length === 0 || supports.some((each) => stands.get(each) === true)
  return isFree && isSupported ? true : null
}

/** Of what is left, the removals whose support is decided; all removals if there are none such. */
function ringOf(open: readonly (readonly [number, Claim])[], stands: ReadonlyMap<number, boolean>): number[] {
  const removals = open.filter(([, { isRemoval }]) => isRemoval)
  const founded = removals.filter(
    ([, { supports }]) => supports.length === 0 || supports.some((each) => stands.get(each)),
  )
  return (founded.length > 0 ? founded : removals).map(([number]) => number)
}
