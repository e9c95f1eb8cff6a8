// A small part of Unicode's table of confusable characters (UTS 39): letters of other scripts that are drawn as Latin ones in
// most fonts, capitals and small letters apart, because their likenesses differ.
const lookalikes: Readonly<Record<string, string>> = {
  a: 'аɑαАΑ',
  b: 'ВΒЬ',
  c: 'сϲСϹ',
  d: 'ԁđĐ',
  e: 'еЕΕҽ',
  g: 'ɡԍ',
  h: 'һНΗհħ',
  i: 'іІɩιΙΙӏӀıl1|Ɩ',
  j: 'јЈ',
  k: 'кКκΚ',
  m: 'МΜ',
  n: 'ոΝ',
  o: 'оОοΟσօՕ0øØ',
  p: 'рРρΡ',
  q: 'ԛ',
  r: 'г',
  s: 'ѕЅ',
  t: 'ТτΤт',
  u: 'սυ',
  v: 'νѵѴ',
  w: 'ԝωѡ',
  x: 'хХχΧ',
  y: 'уУγүҮΥ',
  z: 'Ζ',
}

const latin = new Map(Object.entries(lookalikes).flatMap(([letter, all]) => [...all].map((each) => [each, letter])))

/**
 * What remains of a name when everything is gone that a quick eye passes over: names with the same skeleton can be taken for each other.
 *
 * Folds forms (NFKC), case, accents, spaces and punctuation, `rn` and `m`, `0` and `o`, `1`, `l`, `I` and `i`, and letters of Cyrillic,
 * Greek and Armenian that look Latin. There are more lookalikes than these: that two skeletons differ shows nothing.
 */
export function nameSkeleton(name: string): string {
  const bare = name.normalize('NFKC').normalize('NFD').replace(/\p{M}/gu, '')
  const letters = [...bare].map(
    (character) => latin.get(character) ?? latin.get(character.toLowerCase()) ?? character.toLowerCase(),
  )
  const skeleton = letters
    .join('')
    .replace(/[\s\p{P}]/gu, '')
    .replaceAll('rn', 'm')
  // A name of nothing but punctuation is compared as it is.
  return skeleton === '' ? bare : skeleton
}
