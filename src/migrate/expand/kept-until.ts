/** Until when a way back is kept: the journal knows when the contract ran in this very database. */
import { dollarQuoted, literal } from '../../postgres/quote.ts'

/** A database without a journal was made for a test: nobody goes back there. */
export const refuseUntil = (contracted: string, keep: string, what: string): string =>
  `do ${dollarQuoted(`
declare
  until timestamptz;
begin
  if to_regclass('assay.migrations') is not null then
    execute 'select finished_at + $2::interval from assay.migrations where name = $1'
      into until using ${literal(contracted)}, ${literal(keep)};
    if until > now() then
      raise exception using message = ${literal(`${what}: what ${contracted} kept aside stays until `)} || until::text,
        errcode = 'object_not_in_prerequisite_state', hint = ${literal(`The way back is kept for ${keep}. Run it after that. Where other migrations are to run before, take its directory away until then: nothing of it stands.`)};
    end if;
  end if;
end
`)}`
