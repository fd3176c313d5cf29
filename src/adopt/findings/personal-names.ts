/** Words of column names that speak of a person, in several languages. */

type Names = readonly (readonly string[])[]

const names = (list: string): Names => list.split(',').map((name) => name.trim().split(/\s+/u))

/** Texts, addresses of the network, numbers: what a person is found or known by. */
const ofAnyType: Names = names(`email, e mail, mailadresse, courriel, correo, email address,
  phone, telephone, telefon, telefono, telephone number, phone number, mobile number, cellphone, handynummer, celular, fax,
  first name, given name, middle name, last name, family name, surname, full name, maiden name, forename,
  vorname, nachname, familienname, prenom, nom famille, apellido, apellidos, cognome, nome completo, sobrenome, achternaam, voornaam,
  contact name, customer name, patient name, employee name, username, user name, login name, login id,
  ssn, social security number, social insurance number, national id, national id number, national identification, national number,
  passport, passport number, reisepass, passeport, pasaporte, drivers license, driver license, driving licence, license number,
  tax id, tax number, steuernummer, steuer id, cpf, curp, codice fiscale, bsn, personnummer, pesel, nino,
  iban, account number, bank account, kontonummer, credit card, card number, creditcard, cvv,
  ip, ip address, client ip, remote addr, mac address, user agent, device id,
  address, street, street address, address line, postal address, home address, adresse, anschrift, strasse, direccion, domicilio, indirizzo, endereco,
  postal code, postcode, zip, zip code, plz, codigo postal, code postal,
  gender, sexe, geschlecht, genero, sesso, ethnicity, religion, nationality, citizenship, marital status, sexual orientation,
  blood type, diagnosis, medical history, health insurance number, insurance number,
  latitude, longitude, geolocation`)

/** Only where they are the whole name: a race may be run, and a cap worn. */
const ofWholeName: Names = names(
  'handy, rfc, cap, login, race, mail, nif, dni, rua, mobile, name last, name first',
)

/** Of a date or a timestamp. */
const ofDates: Names =
  names(`birth, birthdate, birth date, birthday, date of birth, dob, geburtsdatum, geburtstag,
  naissance, date naissance, nacimiento, fecha nacimiento, nascita, nascimento, date of death`)

export const personalNames = { ofAnyType, ofWholeName, ofDates } as const
