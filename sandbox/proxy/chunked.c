#include "sandbox/proxy/chunked.h"

#include <stdbool.h>

#define SIZE_DIGITS_MAX 13 /* 52 bits */

enum state {
    AT_SIZE, /* expects the first digit */
    IN_SIZE,
    IN_EXTENSION,
    SIZE_LF,
    IN_DATA,
    DATA_CR,
    DATA_LF,
    AT_TRAILER,
    IN_TRAILER,
    TRAILER_LF,
    LAST_LF,
    AT_END,
};

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool is_text(char c)
{
    return c == '\t' || ((unsigned char)c >= 0x20 && c != 0x7f);
}

static bool size_byte(struct chunked *chunked, char c)
{
    int digit = hex_digit(c);
    if (digit >= 0 && chunked->line_len < SIZE_DIGITS_MAX) {
        chunked->left = chunked->left * 16 + (unsigned)digit;
        chunked->line_len++;
        chunked->state = IN_SIZE;
        return true;
    }
    if (chunked->state == AT_SIZE || (c != '\r' && c != ';'))
        return false;
    chunked->state = c == '\r' ? SIZE_LF : IN_EXTENSION;
    return true;
}

/* Bytes of a line whose content does not matter, up to its CR. */
static bool text_byte(struct chunked *chunked, char c, size_t max, int then)
{
    if (c == '\r') {
        chunked->state = then;
        return true;
    }
    return is_text(c) && ++chunked->line_len <= max;
}

static bool lf_byte(struct chunked *chunked, char c, int then)
{
    chunked->state = then;
    return c == '\n';
}

static bool trailer_byte(struct chunked *chunked, char c)
{
    if (chunked->state == AT_TRAILER && c == '\r') {
        chunked->state = LAST_LF;
        return true;
    }
    chunked->state = IN_TRAILER;
    return text_byte(chunked, c, CHUNKED_TRAILER_MAX, TRAILER_LF);
}

/* One byte of framing. */
static bool framing_byte(struct chunked *chunked, char c)
{
    switch ((enum state)chunked->state) {
    case AT_SIZE:
    case IN_SIZE:
        return size_byte(chunked, c);
    case IN_EXTENSION:
        return text_byte(chunked, c, CHUNKED_LINE_MAX, SIZE_LF);
    case SIZE_LF:
        chunked->line_len = 0;
        return lf_byte(chunked, c, chunked->left ? IN_DATA : AT_TRAILER);
    case DATA_CR:
        chunked->state = DATA_LF;
        return c == '\r';
    case DATA_LF:
        return lf_byte(chunked, c, AT_SIZE);
    case AT_TRAILER:
    case IN_TRAILER:
        return trailer_byte(chunked, c);
    case TRAILER_LF:
        return lf_byte(chunked, c, AT_TRAILER);
    case LAST_LF:
        return lf_byte(chunked, c, AT_END);
    case IN_DATA:
    case AT_END:
        break;
    }
    return false;
}

enum chunked_result chunked_step(struct chunked *chunked, const char *bytes, size_t len,
                                 size_t *skip, size_t *data)
{
    size_t used = 0;
    *data = 0;
    while (used < len && chunked->state != IN_DATA && chunked->state != AT_END) {
        if (!framing_byte(chunked, bytes[used++]))
            return CHUNKED_BAD;
    }
    *skip = used;
    if (chunked->state == AT_END)
        return CHUNKED_END;
    if (used == len)
        return CHUNKED_MORE;

    *data = len - used < chunked->left ? len - used : (size_t)chunked->left;
    chunked->left -= *data;
    if (chunked->left == 0)
        chunked->state = DATA_CR;
    return CHUNKED_DATA;
}
