import { beforeAll, expect, it } from 'vitest'
import type { Catalog } from '../../catalog/structure.ts'
import { loadParser, parseStatements } from '../../postgres/parse.ts'
import { nodeParts } from '../../rows/tree.ts'
import { rangeVars } from './conditions.ts'
import { missingKeys, orderedOf, undetermined } from './determined.ts'

beforeAll(loadParser)

const columns: Readonly<Record<string, readonly string[]>> = {
  artist: ['artist_id', 'name'],
  album: ['album_id', 'artist_id'],
  track: ['track_id', 'album_id', 'name'],
  tag: ['track_id', 'word'],
}
const keys: Readonly<Record<string, readonly string[]>> = {
  artist: ['artist_id'],
  album: ['album_id'],
  track: ['track_id'],
  tag: ['track_id', 'word'],
}
const catalog = {
  tables: new Map(
    Object.entries(columns).map(([id, names]) => [
      id,
      { columns: names.map((name) => ({ name, notNull: true })) },
    ]),
  ),
  of: (id: string, kind: string) =>
    kind === 'primaryKey'
      ? [{ facts: { predicate: null, keys: (keys[id] ?? []).map((column) => ({ column })) } }]
      : [],
} as unknown as Catalog

const found = (sql: string) => {
  const trees = parseStatements(sql).map(({ node }) => node)
  const ordered = orderedOf(nodeParts(trees[0])![1], rangeVars(trees), [], catalog)
  if (ordered === null) return null
  return [
    undetermined(ordered, [], catalog).map(({ alias }) => alias),
    missingKeys(ordered, catalog)?.map(({ source, column }) => `${source.alias}.${column}`),
  ]
}

const joined = 'select from artist a join album using (artist_id) join track t on t.album_id = album.album_id'

it.each([
  [`${joined} order by t.name`, [['a', 'album', 't'], ['t.track_id']]],
  [`${joined} order by a.artist_id`, [['album', 't'], ['t.track_id']]],
  [`${joined} order by t.track_id`, [[], []]],
  ['select from track order by name, track_id', [[], []]],
  ['select from track, tag where tag.track_id = track.track_id order by word, tag.track_id', [[], []]],
  ['select from track, artist order by track_id', [['artist'], ['artist.artist_id']]],
  [
    'select from track, artist order by 1',
    [
      ['track', 'artist'],
      ['track.track_id', 'artist.artist_id'],
    ],
  ],
  // Where an outer join finds nothing, nothing of the other table is told by null.
  [
    'select from artist a left join album b on a.artist_id = b.artist_id order by b.album_id',
    [['a'], ['a.artist_id']],
  ],
  ['select from track t left join album b on t.album_id = b.album_id order by t.track_id', [[], []]],
  // What an OR says is not true of every row.
  [
    'select from track t join album b on t.album_id = b.album_id or true order by track_id',
    [['b'], ['b.album_id']],
  ],
  ['select from (select * from track) t order by track_id', null],
])('what makes the order of %s total', (sql, expected) => {
  expect(found(sql)).toEqual(expected)
})
