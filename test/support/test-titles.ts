import { readFileSync } from 'node:fs'
import ts from 'typescript'

/** The titles of the tests in a file, as they are written there, each behind those of the groups around it: `group › test`. */
export function testTitles(file: string): readonly string[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest)
  const titles: string[] = []
  function walk(node: ts.Node, around: readonly string[]): void {
    const called = ts.isCallExpression(node) ? nameOf(node.expression) : null
    const [title] = ts.isCallExpression(node) ? node.arguments : []
    const isTitled = title !== undefined && ts.isStringLiteralLike(title)
    const here = isTitled && (called === 'describe' || called === 'test') ? [...around, title.text] : around
    if (isTitled && called === 'test') titles.push(here.join(' › '))
    ts.forEachChild(node, (child) => walk(child, here))
  }
  walk(source, [])
  return titles
}

/** `test` of `test`, `test.each(rows)` and `test.for(rows)`. */
function nameOf(callee: ts.Expression): string | null {
  if (ts.isIdentifier(callee)) return callee.text
  if (ts.isCallExpression(callee) || ts.isPropertyAccessExpression(callee)) return nameOf(callee.expression)
  return null
}
