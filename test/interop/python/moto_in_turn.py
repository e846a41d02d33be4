"""moto, one request at a time: increments that come together are lost to its DynamoDB, and never to the real one."""

from threading import Lock

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import run_simple

moto = DomainDispatcherApplication(create_backend_app)
turn = Lock()


def in_turn(environ, start_response):
    with turn:
        return list(moto(environ, start_response))


run_simple('127.0.0.1', 0, in_turn, threaded=True, request_handler=MotoRequestHandler)
