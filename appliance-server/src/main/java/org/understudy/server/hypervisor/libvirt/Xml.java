package org.understudy.server.hypervisor.libvirt;

import java.io.StringWriter;
import java.util.function.Consumer;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/** Writes an indented XML document through the JDK's stream writer, which escapes; characters that XML cannot hold are replaced. */
final class Xml {

    private static final String INDENT = "  ";

    private final XMLStreamWriter writer;
    private int depth;
    private boolean hasChildren;

    private Xml(XMLStreamWriter writer) {
        this.writer = writer;
    }

    /** A document without a declaration, as libvirt takes it. */
    static String document(String root, Consumer<Xml> content) {
        StringWriter text = new StringWriter();
        try {
            XMLStreamWriter writer = XMLOutputFactory.newInstance().createXMLStreamWriter(text);
            new Xml(writer).element(root, content);
            writer.writeEndDocument();
            writer.close();
        } catch (XMLStreamException e) {
            throw new IllegalStateException("cannot write XML", e);
        }
        return text.append('\n').toString();
    }

    Xml element(String name, Consumer<Xml> content) {
        try {
            if (depth > 0) {
                newLine();
            }
            writer.writeStartElement(name);
            depth++;
            hasChildren = false;
            content.accept(this);
            depth--;
            if (hasChildren) {
                newLine();
            }
            writer.writeEndElement();
            hasChildren = true;
            return this;
        } catch (XMLStreamException e) {
            throw new IllegalStateException("cannot write XML", e);
        }
    }

    /** An element with nothing but attributes, given as name, value, name, value. */
    Xml empty(String name, String... attributes) {
        try {
            newLine();
            writer.writeEmptyElement(name);
            for (int i = 0; i < attributes.length; i += 2) {
                attribute(attributes[i], attributes[i + 1]);
            }
            hasChildren = true;
            return this;
        } catch (XMLStreamException e) {
            throw new IllegalStateException("cannot write XML", e);
        }
    }

    Xml text(String name, String text) {
        return element(name, e -> e.characters(text));
    }

    Xml attribute(String name, String value) {
        try {
            writer.writeAttribute(name, legal(value));
            return this;
        } catch (XMLStreamException e) {
            throw new IllegalStateException("cannot write XML", e);
        }
    }

    Xml characters(String text) {
        try {
            writer.writeCharacters(legal(text));
            return this;
        } catch (XMLStreamException e) {
            throw new IllegalStateException("cannot write XML", e);
        }
    }

    private void newLine() throws XMLStreamException {
        writer.writeCharacters("\n" + INDENT.repeat(depth));
    }

    /** XML 1.0 section 2.2, without line ends: libvirt refuses them in titles, and nothing else here holds any. */
    private static String legal(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints()
                .map(c -> c == '\t' || c == '\n' || c == '\r' ? ' ' : c)
                .map(c -> (c >= 0x20 && c <= 0xD7FF) || (c >= 0xE000 && c <= 0xFFFD) || c >= 0x10000 ? c : 0xFFFD)
                .forEach(out::appendCodePoint);
        return out.toString();
    }
}
