import { exchange } from './sticky_http';

/** One line of what Prometheus scrapes. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What one scrape has brought. */
export class Exposition {
  readonly samples: readonly Sample[];

  constructor(text: string) {
    this.samples = text.split('\n').filter(line => line && !line.startsWith('#')).map(line => {
      const [ , name, labels = '', value ] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line)!;
      const pairs = [ ...labels.matchAll(/(\w+)=("(?:[^"\\]|\\.)*")/g) ].map(([ , label, quoted ]) => [ label, JSON.parse(quoted) as string ]);
      return { name, labels: Object.fromEntries(pairs), value: Number(value) };
    });
  }

  /** The samples of a metric with these labels, and perhaps others. */
  of(name: string, labels: Record<string, string> = {}): Sample[] {
    const wanted = Object.entries(labels);
    return this.samples.filter(({ name: own, labels: has }) => own === name && wanted.every(([ label, value ]) => has[label] === value));
  }

  /** The sum over all workers. */
  sum(name: string, labels?: Record<string, string>): number {
    return this.of(name, labels).reduce((sum, { value }) => sum + value, 0);
  }
}

/** Scrapes an app, over a connection of its own. */
export async function scrape(url: string): Promise<Exposition> {
  const { status, body } = await exchange(`${url}/metrics`);
  if (status !== 200) throw new Error(`the scrape has failed with ${status}: ${body}`);
  return new Exposition(body);
}

/** Scrapes an app until a scrape fits; the limit of the test ends it otherwise. */
export async function scrapeUntil(url: string, fits: (exposition: Exposition) => boolean): Promise<Exposition> {
  for (;;) {
    const exposition = await scrape(url);
    if (fits(exposition)) return exposition;
    await new Promise(resolve => { setTimeout(resolve, 50); });
  }
}
