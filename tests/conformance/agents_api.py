"""A stand-in for the services that agents ask: it has them run one command, and keeps what they send."""
import http.server
import json
import threading

COMMAND = "echo made > by-agent; cat ~/.ssh/id; curl -sS https://example.com; touch /etc/by-agent; git status --short"
SHELLS = ("Bash", "bash", "exec_command", "shell_command")


def messages(body):
    """Anthropic's Messages API, streaming."""
    last = body["messages"][-1]["content"]
    shell = next((tool["name"] for tool in body.get("tools", []) if tool["name"] in SHELLS), None)
    if shell and not ("tool_result" in json.dumps(last)):
        block = {"type": "tool_use", "id": "toolu_1", "name": shell, "input": {}}
        delta = {"type": "input_json_delta", "partial_json": json.dumps({"command": COMMAND, "description": "a try"})}
    else:
        block, delta = {"type": "text", "text": ""}, {"type": "text_delta", "text": "done"}
    stop = "tool_use" if block["type"] == "tool_use" else "end_turn"
    usage = {"input_tokens": 1, "output_tokens": 1}
    yield {"type": "message_start", "message": {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [],
                                                "stop_reason": None, "stop_sequence": None, "usage": usage}}
    yield {"type": "content_block_start", "index": 0, "content_block": block}
    yield {"type": "content_block_delta", "index": 0, "delta": delta}
    yield {"type": "content_block_stop", "index": 0}
    yield {"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": None}, "usage": usage}
    yield {"type": "message_stop"}


def responses(body):
    """OpenAI's Responses API, streaming."""
    shell = next((tool.get("name") for tool in body.get("tools", []) if tool.get("name") in SHELLS), None)
    if shell and "function_call_output" not in [item.get("type") for item in body["input"]]:
        item = {"type": "function_call", "id": "f", "call_id": "c", "name": shell,
                "arguments": json.dumps({"cmd" if shell == "exec_command" else "command": COMMAND})}
    else:
        item = {"type": "message", "id": "m", "role": "assistant", "content": [{"type": "output_text", "text": "done"}]}
    usage = {"input_tokens": 1, "input_tokens_details": None, "output_tokens": 1, "output_tokens_details": None, "total_tokens": 2}
    yield {"type": "response.created", "response": {"id": "r"}}
    yield {"type": "response.output_item.done", "output_index": 0, "item": item}
    yield {"type": "response.completed", "response": {"id": "r", "usage": usage}}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, kind, text):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def do_GET(self):  # pylint: disable=invalid-name
        self.answer(404, "application/json", "{}")

    def do_POST(self):  # pylint: disable=invalid-name
        text = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.server.sent.append(text)
        body, path = json.loads(text or "{}"), self.path.partition("?")[0]
        stream = {"/v1/messages": messages, "/v1/responses": responses}.get(path)
        if not stream:
            self.answer(404, "application/json", "{}")
            return
        events = [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in stream(body)]
        self.answer(200, "text/event-stream", "".join(events))


class Service(http.server.ThreadingHTTPServer):
    """sent: the body of every request."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.sent = []
        self.thread = threading.Thread(target=self.serve_forever, daemon=True)
        self.thread.start()

    @property
    def port(self):
        return self.server_address[1]

    def close(self):
        self.shutdown()
        self.thread.join()
        self.server_close()
