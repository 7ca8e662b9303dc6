package org.understudy.server.kernel;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.ConfigurableEnvironment;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;

/**
 * Makes the data directory and holds it for this process alone, before any other bean exists and until all others are gone.
 * The lock is one of the operating system (fcntl), so it ends with the process however that ends. Settings with unknown names are refused at the same early time.
 */
public final class DataDirectoryLock implements BeanFactoryPostProcessor, DisposableBean {

    private final ConfigurableEnvironment environment;
    private @Nullable FileChannel channel;

    public DataDirectoryLock(ConfigurableEnvironment environment) {
        this.environment = environment;
    }

    @Override
    public void postProcessBeanFactory(ConfigurableListableBeanFactory beans) {
        UnknownSettings.check(environment);
        Path directory = Binder.get(environment)
                .bindOrCreate("understudy", DataDirectory.class)
                .data();
        try {
            if (!Files.isDirectory(directory)) {
                Files.createDirectories(
                        directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-x--x")));
            }
            channel = FileChannel.open(directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            lock(channel, directory);
        } catch (IOException e) {
            throw Setting.wrong(
                    "understudy.data",
                    "the directory " + directory + " cannot be written (" + e + ")",
                    "Write the path of a directory that this user may write, or make this one writable.");
        }
    }

    private static void lock(FileChannel channel, Path directory) throws IOException {
        FileLock lock;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException e) {
            lock = null;
        }
        if (lock == null) {
            channel.close();
            throw Problem.of(ProblemCode.DATA_DIRECTORY_IN_USE, "directory", directory.toString())
                    .asException();
        }
    }

    @Override
    public void destroy() throws IOException {
        if (channel != null) {
            channel.close();
        }
    }
}
