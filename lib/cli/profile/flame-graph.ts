import type { StackNode, Stacks } from './stacks.ts'

const width = 1200
const rowHeight = 17
const margin = 10
const header = 40
/** Narrower boxes are not drawn. */
const leastWidth = 0.5
const characterWidth = 6.6

interface Box {
  readonly name: string
  readonly value: number
  readonly x: number
  readonly width: number
  readonly depth: number
}

/**
 * The stacks as a flame graph, SVG without scripts: the width of a box is the share of samples that have the function, what it
 * calls lies on top of it. Hovering over a box tells its share.
 */
export function drawFlameGraph({ root }: Stacks, title: string): string {
  const boxes: Box[] = []
  const place = (node: StackNode, x: number, depth: number) => {
    const boxWidth = root.value === 0 ? 0 : (node.value / root.value) * (width - 2 * margin)
    if (boxWidth < leastWidth) return
    boxes.push({ name: node.name, value: node.value, x, width: boxWidth, depth })
    let at = x
    for (const child of [...node.children.values()].sort((a, b) => (a.name < b.name ? -1 : 1))) {
      place(child, at, depth + 1)
      at += root.value === 0 ? 0 : (child.value / root.value) * (width - 2 * margin)
    }
  }
  place(root, margin, 0)
  const deepest = boxes.reduce((most, { depth }) => Math.max(most, depth), 0)
  const height = header + (deepest + 1) * rowHeight + margin
  const drawn = boxes.map((box) => drawBox(box, height - margin - (box.depth + 1) * rowHeight, root.value))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="monospace" font-size="11">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="${width / 2}" y="24" font-size="15" text-anchor="middle">${escapeXml(title)}</text>`,
    ...drawn,
    '</svg>\n',
  ].join('\n')
}

function drawBox({ name, value, width: boxWidth, x }: Box, y: number, all: number): string {
  const room = Math.floor((boxWidth - 4) / characterWidth)
  const label = room < 3 ? '' : name.length <= room ? name : `${name.slice(0, room - 2)}..`
  const share = ((100 * value) / all).toFixed(2)
  const text = label === '' ? '' : `<text x="${(x + 2).toFixed(1)}" y="${y + 12}">${escapeXml(label)}</text>`
  return `<g><title>${escapeXml(name)}: ${share}%</title><rect x="${x.toFixed(1)}" y="${y}" width="${boxWidth.toFixed(1)}" height="${rowHeight - 1}" fill="${colorOf(name)}" rx="1"/>${text}</g>`
}

/** The same function has the same colour in every graph: JavaScript green, ours in C++ orange, the rest yellow to red. */
function colorOf(name: string): string {
  let hash = 0
  for (let i = 0; i < name.length; i++) hash = (Math.imul(hash, 31) + name.charCodeAt(i)) >>> 0
  const shade = hash % 30
  const isScript = /\.[cm]?[jt]s\b/.test(name)
  const hue = isScript ? 95 + shade : /\bburrow::/.test(name) ? 25 + (shade >> 2) : 45 + (shade >> 1)
  return `hsl(${hue},${60 + (hash % 20)}%,${isScript ? 70 : 66}%)`
}

/** What XML cannot hold is left out. */
function escapeXml(text: string): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
  return text.replaceAll(/\p{Cc}/gu, '').replaceAll(/[&<>"]/g, (character) => entities[character]!)
}
