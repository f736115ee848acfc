import { describe, expect, it } from 'vitest';
import { deriveWith, secrets } from '../../lib/runtime/secrets.ts';

describe('a derived token', () => {
  const derive = deriveWith('k'.repeat(32));

  it('is the same for the same seed, and another for another seed or another key', () => {
    expect(derive('seed')).toBe(derive('seed'));
    expect(new Set([derive('seed'), derive('seed '), deriveWith('l'.repeat(32))('seed')]).size).toBe(3);
  });

  it('is in the alphabet that every client takes, and never looks like a flag', () => {
    for (let index = 0; index < 500; index++) {
      expect(derive(`seed ${index}`)).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_-]{42}$/);
    }
  });
});

describe('a secret', () => {
  it('matches its own hash and no other', () => {
    expect(secrets.matches('secret', secrets.hash('secret'))).toBe(true);
    expect([secrets.matches('Secret', secrets.hash('secret')), secrets.matches('secret', 'secret')]).toEqual([
      false,
      false,
    ]);
  });
});
