"""Writes test/vectors/tables/task_routes.json to stdout: what Celery's router and Python's fnmatch make of many calls."""

import copy
import fnmatch
import json
import random
import re
import sys

import celery
from celery import Celery
from celery.app.routes import Router, prepare
from kombu import Queue

random.seed(7)
app = Celery(set_as_current=False)
app.conf.task_default_queue = 'celery'
QUEUES = {name: Queue(name) for name in ['celery', 'one', 'two', 'three']}

TABLES = {
    'none': None,
    'exact': {'a.add': 'one'},
    'options': {'a.add': {'queue': 'two', 'priority': 5}},
    'priority alone': {'a.add': {'priority': 5}},
    'exact before pattern': {'a.*': 'one', 'a.add': 'two'},
    'first pattern': {'a.*': 'one', '*.add': 'two'},
    'star in the middle': {'a.*.add': 'one'},
    'question mark without star': {'a.ad?': 'one'},
    'question mark with star': {'?.*': 'one'},
    'set': {'[ab].*': 'one', '[!ab].*': 'two'},
    'pairs in a list': [[('a.*', {'queue': 'one'}), (re.compile(r'(b|c)\.'), 'two')]],
    'regular expression at the start only': [[(re.compile('add'), 'one')]],
    'regular expression need not reach the end': [[(re.compile(r'a\.'), 'one')]],
    'exact among pairs': [[(re.compile(r'a\.'), 'one'), ('a.add', 'two')]],
    'list of routers': [{'b.*': 'one'}, {'a.*': 'two'}, {'a.add': 'three'}],
    'empty route ends the search': [{'a.*': {}}, {'a.add': 'three'}],
}
NAMES = ['a.add', 'a.mul', 'b.add', 'c.add', 'a.x.add', 'add', 'celery', 'a.ad?', '']
OPTIONS = [{}, {'queue': 'three'}, {'priority': 1}, {'queue': None, 'priority': None}, {'priority': 0}]
GLOBS = [
    '*', 'a*', '*a', 'a*b*c', 'a.b', 'a?c*', '[a-c]*', '[!a-c]*', '[]a]*', '[!]a]*', '[a', '[a*', '*[', '[c-a]*', '[!c-a]*',
    '[a-]*', '[-a]*', '[a--b]*', '[b-a-c]*', '[a-z-9]*', '[^a]*', '[\\a]*', '\\*', 'a\nb*', '*\n', '[!]*', '[]*', '**', '***a',
    'é*', '😀?*', '[😀-😂]*', '{a}*', '(a|b)*', 'a+*', '$*^', '[[a]*', '[a&&b]*', '[a~~b]*', '[a||b]*',
]
TEXTS = [
    '', 'a', 'b', 'c', 'abc', 'aXbXc', 'a.b', 'acb', '[a', ']x', '-', '^', '\\', '\\x', 'a\nb', '\n', 'é', 'éa', '😀', '😀😁',
    '😁', '{a}', '(a|b)', 'aa', 'a+', '$x^', '[', '9', 'z', '!', '&', '~', '|',
]


def route(options, routes, name):
    found = Router(prepare(copy.deepcopy(routes)), QUEUES, app=app).route(dict(options), name)
    queue = found.get('queue')
    return {'queue': queue and queue.name, 'priority': found.get('priority')}


def plain(routes):
    if isinstance(routes, re.Pattern):
        return {'$regex': routes.pattern}
    if isinstance(routes, dict):
        return {key: plain(value) for key, value in routes.items()}
    return [plain(value) for value in routes] if isinstance(routes, (list, tuple)) else routes


def drawn(alphabet, least, most):
    return ''.join(random.choice(alphabet) for _ in range(random.randint(least, most)))


rows = [
    {'title': title, 'routes': plain(routes), 'name': name, 'options': options, 'route': route(options, routes, name)}
    for title, routes in TABLES.items()
    for name in NAMES
    for options in (OPTIONS if name in ('a.add', 'b.add') else OPTIONS[:1])
]
pairs = [(glob, text) for glob in GLOBS for text in TEXTS]
pairs += [(drawn('ab-]![*?.^\\', 1, 8), drawn('ab-]![.^\\', 0, 6)) for _ in range(900)]
globs = [[glob, text, re.match(fnmatch.translate(glob), text) is not None] for glob, text in pairs]

json.dump(
    {'celery_version': celery.__version__, 'python': sys.version.split()[0], 'routes': rows, 'globs': globs},
    sys.stdout,
    ensure_ascii=False,
    separators=(',', ':'),
)
