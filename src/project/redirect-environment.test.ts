import { describe, expect, it } from 'vitest'
import { parseEnvText } from './env-file.ts'
import { redirectEnvironment } from './redirect-environment.ts'

const url = 'postgresql://postgres:k%20y@127.0.0.1:4711/assay_x'

describe('redirectEnvironment', () => {
  const own = {
    PATH: '/bin',
    APP_URL: 'postgres://me:secret@production/shop?sslmode=require',
    ASYNC_URL: 'postgresql+asyncpg://production/shop',
    JDBC_URL: 'jdbc:postgresql://production:5432/shop?user=me',
    ACCELERATE: 'prisma+postgres://accelerate.prisma-data.net/?api_key=secret',
    JSON_URLS: '{"a":"postgres://production/a","b":"postgresql://production/b"}',
    REDIS_URL: 'redis://production/0',
    DB_HOST: 'production',
    DB_PORT: '5432',
    APP_DATABASE_PASSWORD: 'secret',
    POSTGRES_USER: 'me',
    DB_NAME: 'shop',
    PGHOST: 'production',
    PGSERVICE: 'production',
    PGOPTIONS: '-c x=y',
  }
  const env = redirectEnvironment(
    own,
    new Map([
      ['FILE_URL', 'postgres://production/shop'],
      ['FILE_WORD', 'kept for the tool'],
    ]),
    url,
  )

  it('leads every PostgreSQL to ours', () => {
    expect(env).toEqual({
      PATH: '/bin',
      APP_URL: 'postgres://postgres:k%20y@127.0.0.1:4711/assay_x',
      ASYNC_URL: 'postgresql+asyncpg://postgres:k%20y@127.0.0.1:4711/assay_x',
      JDBC_URL: 'jdbc:postgresql://127.0.0.1:4711/assay_x?user=postgres&password=k%20y',
      ACCELERATE: url,
      JSON_URLS:
        '{"a":"postgres://postgres:k%20y@127.0.0.1:4711/assay_x","b":"postgresql://postgres:k%20y@127.0.0.1:4711/assay_x"}',
      REDIS_URL: 'redis://production/0',
      DB_HOST: '127.0.0.1',
      DB_PORT: '4711',
      APP_DATABASE_PASSWORD: 'k y',
      POSTGRES_USER: 'postgres',
      DB_NAME: 'assay_x',
      FILE_URL: 'postgres://postgres:k%20y@127.0.0.1:4711/assay_x',
      DATABASE_URL: url,
      PGHOST: '127.0.0.1',
      PGPORT: '4711',
      PGUSER: 'postgres',
      PGPASSWORD: 'k y',
      PGDATABASE: 'assay_x',
    })
    expect(
      Object.entries(env)
        .filter(([name]) => name !== 'REDIS_URL')
        .join(),
    ).not.toMatch(/production|secret/u)
  })
})

describe('parseEnvText', () => {
  it('reads what dotenv reads', () => {
    const text = `# comment\nA=1\nexport B = two # note\nC="x # y"\nD='postgres://a:b@c/d'\n\nE=\nF=\`t\`\r\nG="two\nlines"\n`
    expect(Object.fromEntries(parseEnvText(text))).toEqual({
      A: '1',
      B: 'two',
      C: 'x # y',
      D: 'postgres://a:b@c/d',
      E: '',
      F: 't',
      G: 'two\nlines',
    })
  })
})
