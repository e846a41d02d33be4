import { BadRequestException, HttpException } from '@nestjs/common';
import { expect, it } from 'vitest';
import { httpMessageOf } from './http-message.js';

it.each([
  [new BadRequestException(['a must be a string', 'b should not exist']), 'a must be a string; b should not exist'],
  [new BadRequestException('no'), 'no'],
  [new BadRequestException(), 'Bad Request'],
  [new BadRequestException([{ property: 'a', value: 'confidential', constraints: {} }]), undefined],
  [new HttpException({ reason: 'other' }, 400), undefined],
  [new HttpException('text', 400), undefined],
  [new Error('boom'), undefined],
])('of %s: %s', (error, message) => {
  expect(httpMessageOf(error)).toBe(message);
});
