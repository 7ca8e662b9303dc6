package org.understudy.server.web.api;

import org.springframework.context.annotation.Configuration;
import org.springframework.format.FormatterRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;
import org.understudy.server.files.FileSystemId;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.kernel.PolicyId;
import org.understudy.server.kernel.RunId;
import org.understudy.server.kernel.TakeoverId;

/** Ids in paths and parameters. */
@Configuration(proxyBeanMethods = false)
class IdConverters implements WebMvcConfigurer {

    @Override
    public void addFormatters(FormatterRegistry registry) {
        registry.addConverter(String.class, HostId.class, HostId::parse);
        registry.addConverter(String.class, PointId.class, PointId::parse);
        registry.addConverter(String.class, RunId.class, RunId::parse);
        registry.addConverter(String.class, PolicyId.class, PolicyId::parse);
        registry.addConverter(String.class, TakeoverId.class, TakeoverId::parse);
        registry.addConverter(String.class, FileSystemId.class, FileSystemId::parse);
    }
}
